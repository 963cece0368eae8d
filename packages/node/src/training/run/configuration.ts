// From command-line options to the configuration of a run: the plain data that checkpoints and the
// journal record, and that a resumed run starts from.

import type { OptimizerOptions } from "@let-there-be-color/core/graph";
import {
  type BackboneConfig,
  type NetworkConfig,
  networkPreset,
  type PresetName,
  parameterSpecifications,
  totalStride,
} from "@let-there-be-color/core/network";
import {
  type ChromaHead,
  checkParameterGroups,
  type HybridOptions,
  type ObjectiveOptions,
  type ParameterGroup,
} from "@let-there-be-color/core/objective";
import type {
  AugmentationOptions,
  Decay,
  LearningRateSchedule,
  PhasePlan,
  TrainingPhase,
} from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { usualMinimumChroma, usualResize } from "../../dataset/index.js";
import type { EncoderOrigin, PretrainedNetwork } from "./encoder-weights.js";
import {
  presetDefaults,
  pretrainedEncoderGroups,
  STATISTICS_BATCHES,
  USUAL_HINTS,
  usualLearningRates,
} from "./preset-defaults.js";

/** A phase as it is asked for: without a batch size it takes the run's. */
export type WrittenPhase = Pick<TrainingPhase, "crop" | "epochs"> & { readonly batchSize?: number };

/** Options of `ltbc train` that decide what is computed; those left out take the defaults. */
export interface TrainingChoices {
  readonly preset?: PresetName;
  /** Replaces options of the preset's network; all but `classes`, which the pictures decide. */
  readonly network?: Partial<NetworkConfig>;
  readonly epochs?: number;
  readonly batch?: number;
  readonly crop?: number;
  readonly resize?: number;
  readonly phases?: readonly WrittenPhase[];
  readonly optimizer?: OptimizerOptions["type"];
  readonly learningRate?: number;
  readonly warmup?: number;
  readonly schedule?: Decay;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly alpha?: number;
  readonly reduction?: HybridOptions["reduction"];
  readonly rebalancing?: number;
  readonly neighbours?: number;
  readonly views?: readonly [least: number, most: number];
  readonly augmentation?: AugmentationOptions;
  /** Share of the training pictures that hints are given for, if the network takes them. */
  readonly hints?: number;
  /** Patterns of the parameters that stay as they are. */
  readonly freeze?: readonly string[];
  /** Parts that learn more slowly (or faster) than the rest. */
  readonly learningRateFactor?: readonly ParameterGroup[];
  /** Decay of the moving average of the weights, 0 for none. */
  readonly movingAverage?: number;
  /** Batches to estimate the statistics of a backbone's normalisation from, 0 for none. */
  readonly encoderStatistics?: number;
  readonly minimumChroma?: number;
  readonly seed?: number;
  readonly patience?: number;
}

/** A phase with the short side that pictures are scaled to before cropping, in pixels. */
export type ConfiguredPhase = TrainingPhase & { readonly resize: number };

/** Where the pictures come from; paths are absolute. */
export interface DataLocation {
  readonly sources: readonly string[];
  readonly unlabelled: readonly string[];
  /** Sources of the validation set; without any, a share of the pictures is set aside. */
  readonly validation: readonly string[];
  readonly validationFraction: number;
  /** Picture list of the only source, and of the only validation source; Places365's format. */
  readonly list: string | null;
  readonly validationList: string | null;
  readonly categories: string | null;
}

export interface RunConfiguration {
  readonly network: NetworkConfig;
  /** Class names in the order of the labels; empty when the run has no classes. */
  readonly classes: readonly string[];
  readonly data: DataLocation;
  /** Of the training and the validation set: `fingerprintDataset`. */
  readonly fingerprints: { readonly training: string; readonly validation: string };
  readonly phases: readonly ConfiguredPhase[];
  readonly optimizer: OptimizerOptions;
  readonly learningRate: LearningRateSchedule;
  /** 0 for no clipping. */
  readonly clipNorm: number;
  readonly objective: ObjectiveOptions;
  /** Frozen parameters last: of the groups that a parameter belongs to, the last counts. */
  readonly parameterGroups: readonly ParameterGroup[];
  /** Decay of the moving average of the weights; 0 for none. */
  readonly movingAverage: number;
  /** What the encoder's weights started from; left out: from the seed. */
  readonly encoderOrigin?: EncoderOrigin;
  /** Shares of a picture's short side that crops show; left out: see `resize`. */
  readonly views?: readonly [least: number, most: number];
  /** What happens to training pictures before the network sees them. */
  readonly augmentation?: AugmentationOptions;
  /** Share of the training pictures that hints are given for; left out: the network takes none. */
  readonly hints?: number;
  /** Batches that the encoder's statistics were estimated from before training. Default 0. */
  readonly encoderStatistics?: number;
  /** Mean chroma under which a picture counts as grey and is left out, CIELAB units. */
  readonly minimumChroma: number;
  readonly seed: number;
  readonly patience: number;
}

/**
 * Completes the choices by the preset's defaults.
 * @param pictures training pictures: the steps of an epoch bound the default warm-up.
 * @param encoder the network with an encoder that does not start from the seed
 * @throws UserError if choices contradict each other
 */
export function newConfiguration(
  choices: TrainingChoices,
  data: DataLocation,
  found: {
    readonly classes: readonly string[];
    readonly fingerprints: RunConfiguration["fingerprints"];
    readonly pictures: number;
  },
  encoder?: Pick<PretrainedNetwork, "network" | "origin">,
): RunConfiguration {
  const preset = choices.preset ?? "compact";
  const defaults = presetDefaults[preset];
  // One class cannot be told from others.
  const classes = found.classes.length >= 2 ? found.classes : [];
  const chosen = networkPreset(preset, { ...choices.network, classes: classes.length });
  const network = encoder ? { ...encoder.network, classes: classes.length } : chosen;
  checkChoicesFit(choices, network);
  const phases = configuredPhases(choices, preset, network);
  const optimizer = choices.optimizer ?? defaults.optimizer;
  const usual =
    optimizer === defaults.optimizer ? defaults.learningRate : usualLearningRates[optimizer];
  const steps = phases.reduce(
    (sum, { epochs, batchSize }) => sum + epochs * Math.floor(found.pictures / batchSize),
    0,
  );
  const parameterGroups =
    chosenGroups(choices) ?? (encoder ? pretrainedEncoderGroups(encoder.network.encoder) : []);
  checkParameterGroups(parameterGroups, parameterSpecifications(network));
  return {
    network,
    classes,
    data,
    fingerprints: found.fingerprints,
    phases,
    optimizer: withWeightDecay({ type: optimizer }, choices.weightDecay),
    learningRate: {
      base: choices.learningRate ?? usual,
      warmupSteps: choices.warmup ?? Math.min(defaults.warmup, Math.floor(steps / 10)),
      decay: choices.schedule ?? { type: defaults.schedule },
    },
    clipNorm: choices.clipNorm ?? defaults.clipNorm,
    objective: chosenObjective(choices, defaults.alpha, network.head),
    parameterGroups,
    movingAverage: choices.movingAverage ?? defaults.movingAverage ?? 0,
    ...given({
      views: choices.views ?? defaults.views,
      augmentation: choices.augmentation ?? defaults.augmentation,
      hints: takesHints(network) ? (choices.hints ?? USUAL_HINTS) : undefined,
    }),
    ...(encoder ? { encoderOrigin: encoder.origin } : {}),
    encoderStatistics: network.encoder ? statisticsBatches(choices, network.encoder) : 0,
    minimumChroma: choices.minimumChroma ?? usualMinimumChroma,
    seed: choices.seed ?? 0,
    patience: choices.patience ?? 0,
  };
}

function takesHints(network: NetworkConfig): boolean {
  return network.encoder !== undefined && network.hints === true;
}

/** Without the options that are left out. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** @throws UserError if a choice is given that would change nothing for this network */
function checkChoicesFit(choices: TrainingChoices, network: NetworkConfig): void {
  const { head, encoder, name } = network;
  const [classes, one] = ["whose colours are classes", "that predict one colour for each pixel"];
  const isQuantized = head.type === "quantized";
  for (const [choice, fits, networks] of [
    ["neighbours", isQuantized, classes],
    ["rebalancing", isQuantized, classes],
    ["reduction", !isQuantized, one],
    ["encoderStatistics", encoder !== undefined, "with a classifier as the encoder"],
    ["hints", takesHints(network), "that take hints"],
  ] as const) {
    if (fits || choices[choice] === undefined) continue;
    throw new UserError(
      "option-invalid",
      `\`${choice}\` is for networks ${networks}, and ${name} is none: leave it out, or choose another \`preset\`.`,
    );
  }
}

/** The objective that fits the network's head. */
function chosenObjective(
  choices: TrainingChoices,
  usualAlpha: number,
  head: ChromaHead,
): ObjectiveOptions {
  const { alpha = usualAlpha, minimumChroma = usualMinimumChroma } = choices;
  const { reduction = "mean", rebalancing = 0, neighbours = 5 } = choices;
  if (head.type !== "quantized") return { type: "hybrid", alpha, reduction };
  return { type: "quantized-chroma", alpha, neighbours, rebalancing, minimumChroma };
}

/** Statistics that stay as they are must be right from the start. */
function statisticsBatches(
  { encoderStatistics }: TrainingChoices,
  { normalization }: BackboneConfig,
): number {
  return encoderStatistics ?? (normalization === "frozen" ? STATISTICS_BATCHES : 0);
}

/**
 * Choices that a resumed run cannot make anew: they decide what is trained on and how it is judged, so
 * that losses before and after would not compare, or are part of what a checkpoint holds. (`alpha` is
 * no such choice: the best model is chosen by the colour loss alone.)
 */
const fixedChoices = [
  "preset",
  "network",
  "batch",
  "crop",
  "resize",
  "optimizer",
  "reduction",
  "rebalancing",
  "neighbours",
  "views",
  "augmentation",
  "hints",
  "minimumChroma",
  "encoderStatistics",
  "seed",
] as const satisfies readonly (keyof TrainingChoices)[];

/**
 * The configuration of a run that is resumed: as recorded, with the rates, weights and epochs that
 * were given anew.
 * @throws UserError if a choice is given that a run cannot change
 */
export function resumedConfiguration(
  recorded: RunConfiguration,
  choices: TrainingChoices,
): RunConfiguration {
  for (const choice of fixedChoices) {
    if (choices[choice] === undefined) continue;
    throw new UserError(
      "option-invalid",
      `\`${choice}\` belongs to the run and cannot be changed when it is resumed. Leave it out, ` +
        "or start a new run with another `runFolder`.",
    );
  }
  const { network, learningRate, objective } = recorded;
  const parameterGroups = chosenGroups(choices) ?? recorded.parameterGroups;
  checkParameterGroups(parameterGroups, parameterSpecifications(network));
  return {
    ...recorded,
    phases: resumedPhases(recorded.phases, choices),
    optimizer: withWeightDecay(recorded.optimizer, choices.weightDecay),
    learningRate: {
      base: choices.learningRate ?? learningRate.base,
      warmupSteps: choices.warmup ?? learningRate.warmupSteps,
      decay: choices.schedule ?? learningRate.decay,
    },
    clipNorm: choices.clipNorm ?? recorded.clipNorm,
    objective: { ...objective, alpha: choices.alpha ?? objective.alpha },
    parameterGroups,
    movingAverage: choices.movingAverage ?? recorded.movingAverage,
    patience: choices.patience ?? recorded.patience,
  };
}

/** The plan of the run, given its number of training pictures. */
export function planOf(configuration: RunConfiguration, pictures: number): PhasePlan[] {
  return configuration.phases.map(({ crop, epochs, batchSize }) => {
    const batchesPerEpoch = Math.floor(pictures / batchSize);
    if (batchesPerEpoch < 1) {
      throw new UserError(
        "data-invalid",
        `There are ${pictures} training pictures, fewer than one batch of ${batchSize}. ` +
          "Add pictures or lower `batch`.",
      );
    }
    return { crop, epochs, batchSize, batchesPerEpoch };
  });
}

/** Undefined if no group is chosen. */
function chosenGroups({
  freeze,
  learningRateFactor,
}: TrainingChoices): readonly ParameterGroup[] | undefined {
  if (!freeze && !learningRateFactor) return undefined;
  const frozen = (freeze ?? []).map((pattern) => ({ pattern, learningRateFactor: 0 }));
  return [...(learningRateFactor ?? []), ...frozen];
}

function configuredPhases(
  choices: TrainingChoices,
  preset: PresetName,
  network: NetworkConfig,
): ConfiguredPhase[] {
  const defaults = presetDefaults[preset];
  if (choices.phases && (choices.crop !== undefined || choices.epochs !== undefined)) {
    throw new UserError(
      "option-invalid",
      "`phases` gives crops and epochs: leave out `crop` and `epochs`.",
    );
  }
  const written = choices.phases ?? [
    { crop: choices.crop ?? defaults.crop, epochs: choices.epochs ?? defaults.epochs },
  ];
  const batch = choices.batch ?? defaults.batch;
  const largest = Math.max(...written.map(({ crop }) => crop));
  const stride = totalStride(network);
  return written.map(({ crop, epochs, batchSize = batch }) => {
    if (crop % stride !== 0) {
      throw new UserError(
        "option-invalid",
        `Expected a \`crop\` that is a multiple of ${stride} pixels but received ${crop}. ` +
          `Use ${Math.max(stride, Math.round(crop / stride) * stride)}.`,
      );
    }
    // Pictures of all phases show the same share of a photograph.
    const views = choices.views ?? defaults.views;
    const usual = views ? Math.round(crop / views[0]) : usualResize(crop);
    if (choices.resize === undefined) return { crop, epochs, batchSize, resize: usual };
    const ratio = choices.resize / largest;
    if (ratio < 1) {
      throw new UserError(
        "option-invalid",
        `Expected \`resize\` of at least the crop (${largest} pixels) but received ${choices.resize}.`,
      );
    }
    return { crop, epochs, batchSize, resize: Math.round(crop * ratio) };
  });
}

function resumedPhases(
  recorded: readonly ConfiguredPhase[],
  { epochs, phases }: TrainingChoices,
): readonly ConfiguredPhase[] {
  if (phases && epochs !== undefined) {
    throw new UserError("option-invalid", "`phases` gives the epochs: leave out `epochs`.");
  }
  if (phases) {
    return phases.map((phase, index) => {
      const like = recorded[index] ?? recorded.at(-1);
      if (!like) throw new Error("A recorded run has at least one phase");
      const resize = Math.round((phase.crop * like.resize) / like.crop);
      return { batchSize: like.batchSize, ...phase, resize };
    });
  }
  return recorded.map((phase, index) =>
    index === recorded.length - 1 ? { ...phase, epochs: epochs ?? phase.epochs } : phase,
  );
}

function withWeightDecay(
  optimizer: OptimizerOptions,
  weightDecay: number | undefined,
): OptimizerOptions {
  return weightDecay === undefined ? optimizer : { ...optimizer, weightDecay };
}
