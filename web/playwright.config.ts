// Browser journeys: they drive a built server with the system's Chromium; nothing is downloaded.
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'journeys',
  // Starts the server that ZHIZHEN names, unless ZHIZHEN_URL says where one runs.
  globalSetup: './journeys/server.ts',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 1,
  reporter: [['list']],
  timeout: 60_000,
  use: {
    viewport: { width: 1920, height: 1080 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--enable-unsafe-swiftshader',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
})
