/** What the command leaves behind for scripts and supervisors. A signal that insists adds its number to 128. */
export const EXIT_STATUS = {
  success: 0,
  /** It was asked for something possible, and could not do it. */
  failure: 1,
  /** It was asked for something that there is not. */
  usage: 2,
} as const;
