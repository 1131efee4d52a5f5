/** Lines for people, or one JSON object a line, the last of which is the total. */
export const REPORT_FORMATS = ['table', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
