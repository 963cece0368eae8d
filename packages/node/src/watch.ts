/** How a call that takes longer than a moment is watched and stopped. */
export interface Watch<Progress> {
  /** Stops the work. Unless said otherwise, the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called as the work proceeds. What it throws ends the work. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How the stages of such a call are watched: each asks from time to time whether to go on. */
export interface StageWatch<Progress> {
  readonly signal?: Pick<AbortSignal, "throwIfAborted"> | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}
