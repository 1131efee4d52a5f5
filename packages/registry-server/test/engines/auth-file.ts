import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An environment in which podman, skopeo and buildah have no logins, and keep new ones in `folder`. */
export async function writeEmptyLogins(folder: string): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, 'auth.json');
  await writeFile(path, '{}'); // A variable that names no file is an error.
  return { REGISTRY_AUTH_FILE: path };
}
