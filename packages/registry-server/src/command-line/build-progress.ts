import { formatByteCount } from '../log/byte-count.js';
import type { StatusLine } from '../log/status-line.js';
import type { QuineProgress } from '../quine/build-quine.js';

/** Shows how far the image is. In whole per cent: a line that is rewritten for every chunk would cost more than the chunk. */
export function showBuildProgress(status: StatusLine): (progress: QuineProgress) => void {
  return ({ step, bytes, totalBytes }) => {
    const percent = totalBytes === 0 ? 100 : Math.floor((bytes / totalBytes) * 100);
    status.show(`building the image: ${percent}% of the ${step}, ${formatByteCount(totalBytes)}`);
  };
}
