const COUNT = 64;

/** Some elements of a result, evenly spread: enough to see whether two engines compute the same. */
export function sampled(data) {
  return Array.from({ length: COUNT }, (_, i) => data[Math.floor((i * data.length) / COUNT)]);
}

/** Largest difference between two lists, as a share of the standard deviation of the first. */
export function relativeDifference(reference, other) {
  const mean = reference.reduce((sum, value) => sum + value, 0) / reference.length;
  const squares = reference.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / reference.length);
  return Math.max(...reference.map((value, i) => Math.abs(value - other[i]))) / deviation;
}
