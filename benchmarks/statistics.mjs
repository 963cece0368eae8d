/** Median and range of some seconds. */
export function spread(samples) {
  const ordered = [...samples].sort((a, b) => a - b);
  const middle = (ordered.length - 1) / 2;
  return {
    median: (ordered[Math.floor(middle)] + ordered[Math.ceil(middle)]) / 2,
    min: ordered[0],
    max: ordered.at(-1),
    samples: [...samples],
  };
}
