import { command, root } from '../../../oci-image/test/judges.js';
import { describeGenerations } from './generations-contract.js';
import { Podman } from './podman.js';

describeGenerations('podman', {
  judges: [root, command('podman')],
  start: (scope) => Podman.start(scope),
});
