import { command, root } from '../../../oci-image/test/judges.js';
import { Containerd } from './containerd.js';
import { describeGenerations } from './generations-contract.js';

describeGenerations('containerd', {
  judges: [root, command('containerd'), command('ctr'), command('runc')],
  start: (scope) => Containerd.start(scope),
});
