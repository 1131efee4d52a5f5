/** Put in by the build of the bundle. */
declare const QUINISTRY_VERSION: string | undefined;

/** The version of the running bundle. */
export const VERSION: string = typeof QUINISTRY_VERSION === 'string' ? QUINISTRY_VERSION : '0.0.0-source';
