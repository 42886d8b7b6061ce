export default {
  fullyParallel: true,
  workers: 2,
  reporter: "json",
  use: { launchOptions: { executablePath: process.env.CHROMIUM, args: process.env.CHROMIUM_FLAGS.split(" ") } },
};
