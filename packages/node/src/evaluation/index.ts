export {
  type EvaluatedPictures,
  Evaluation,
  type EvaluationEvent,
  type EvaluationFailure,
  type EvaluationOptions,
  type EvaluationProgress,
  type EvaluationTime,
  type PictureRow,
  type SceneResult,
} from "./evaluate.js";
export { METRICS, type Metric } from "./metrics.js";
export { DEFAULT_PROTOCOL, describeProtocol, type Protocol, parseProtocol } from "./protocol.js";
export { type ReportContent, reportPage, reportSections } from "./report/report.js";
export { type EvaluationResult, type Summary, type SummaryOptions, summarize } from "./summary.js";
export {
  AVERAGE_COLOR,
  BASELINES,
  type Candidate,
  distinctNames,
  type FolderCandidate,
  loadModelCandidate,
  type ModelCandidate,
  readOutCandidates,
} from "./systems.js";
export { picturesCsv, summaryTable } from "./tables.js";
export { writeReport } from "./write-report.js";
