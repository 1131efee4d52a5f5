import { OciError } from '../../errors.js';

/** An archive that breaks the format. `offset` is where: bytes from the start of the archive to the block at fault. */
export class TarError extends OciError<'TAR_INVALID'> {
  override readonly name = 'TarError';
  readonly offset: number;

  constructor(offset: number, problem: string, options?: ErrorOptions) {
    super('TAR_INVALID', `tar archive, at byte ${offset}: ${problem}`, options);
    this.offset = offset;
  }
}
