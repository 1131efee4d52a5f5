import { describe, expect, it } from 'vitest';
import { run } from './run.js';

const cwd = import.meta.dirname;

describe('run', () => {
  it('resolves on exit status 0', async () => {
    await expect(run(process.execPath, ['-e', ''], { cwd })).resolves.toBeUndefined();
  });

  it('rejects with the exit status, and with everything that was printed', async () => {
    const script = 'console.log("out"); console.error("err"); process.exit(3)';
    await expect(run(process.execPath, ['-e', script], { cwd })).rejects.toMatchObject({
      message: 'exit status 3',
      exitStatus: 3,
      output: expect.stringMatching(/out\n[\s\S]*err|err\n[\s\S]*out/),
    });
  });

  it('rejects with 128 and its number when a signal ended the command', async () => {
    await expect(run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'], { cwd })).rejects.toMatchObject({
      message: 'stopped by SIGKILL',
      exitStatus: 137,
    });
  });

  it('rejects when there is no such command', async () => {
    await expect(run('quinistry-no-such-command', [], { cwd })).rejects.toMatchObject({
      message: expect.stringContaining('ENOENT'),
      exitStatus: 1,
    });
  });
});
