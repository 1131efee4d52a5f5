import { command, root } from '../../../oci-image/test/judges.js';
import { DockerDaemon } from './docker-daemon.js';
import { describeGenerations } from './generations-contract.js';

describeGenerations('Docker', {
  judges: [
    root,
    command('docker', ['--version']),
    command('dockerd'),
    command('containerd'),
    command('ctr'),
    command('ip', ['-V']),
  ],
  start: (scope) => DockerDaemon.start(scope),
  sayingUpToDate: /^Status: Image is up to date for /m,
});
