export default {
  fullyParallel: true,
  workers: 2,
  reporter: "json",
  use: {
    baseURL: process.env.PAGES_URL,
    launchOptions: { executablePath: process.env.CHROMIUM, args: process.env.CHROMIUM_FLAGS.split(" ") },
  },
};
