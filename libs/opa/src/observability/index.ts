export * from './decision-events.js';
export type { DecisionRecording } from './decision-recording.js';
export * from './health.indicator.js';
