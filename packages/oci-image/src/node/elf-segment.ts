/** What is mapped into memory, from a program header of type PT_LOAD. Numbers are bytes. */
export interface ElfSegment {
  readonly offset: number;
  readonly address: number;
  /** As far as the file fills it. */
  readonly size: number;
  readonly writable: boolean;
}

/** ELF speaks of addresses in memory; the segments say from which part of the file they are filled. */
export function fileOffset(address: number, segments: readonly ElfSegment[]): number | undefined {
  const segment = segments.find((candidate) => {
    return address >= candidate.address && address < candidate.address + candidate.size;
  });
  return segment && segment.offset + (address - segment.address);
}
