import { defineConfig } from '@playwright/test';

// Debian's own chromium: nothing is downloaded.
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'e2e',
  outputDir: '../../../target/console/results',
  globalSetup: './e2e/server.ts',
  workers: 1,
  fullyParallel: false,
  timeout: 180_000,
  // A busy machine is slow; what is stuck ends by its own limit long before this.
  globalTimeout: process.env['LONG'] ? 3_600_000 : 900_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    // A press on what never comes ends its test with its name, not with the test's whole time.
    actionTimeout: 30_000,
    locale: 'en-US',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    permissions: ['microphone'],
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        // A name for this machine that is no secure origin.
        '--host-resolver-rules=MAP insecure.test 127.0.0.1',
        '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required',
      ],
    },
  },
});
