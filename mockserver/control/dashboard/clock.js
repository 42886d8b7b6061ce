// The sandbox's virtual time: shown as it goes, held, let go, and moved.

import { byId, say } from "./dom.js";
import { clockText, dateText } from "./moments.js";

const MOST_SHOWN_SPEED = 3600;

export class Clock {
  constructor(page) {
    this.page = page;
    this.now = 0;
    for (const button of document.querySelectorAll("[data-advance]")) {
      button.addEventListener("click", () => this.#move({ advance: button.dataset.advance }));
    }
    byId("pace").addEventListener("click", () => this.#move({ mode: this.mode === "manual" ? "real" : "manual" }));
    byId("next").addEventListener("click", () => this.#toNextChange());
    setInterval(() => this.#show(), 250);
  }

  async load() {
    this.#take(await this.page.api.get("/clock"));
  }

  #take(clock) {
    this.now = Date.parse(clock.now);
    this.taken = performance.now();
    this.mode = clock.mode;
    this.speed = clock.speed;
    const held = clock.mode === "manual";
    byId("pace").setAttribute("aria-pressed", String(held));
    byId("pace").textContent = held ? "Held" : "Hold";
    byId("pace").title = held ? "Time stands still; press to let it go" : `Time goes ${clock.speed} times as fast as real time; press to hold it`;
    this.#show();
  }

  #show() {
    if (!this.taken) return;
    const passed = this.mode === "manual" || this.speed > MOST_SHOWN_SPEED ? 0 : (performance.now() - this.taken) * this.speed;
    const iso = new Date(this.now + passed).toISOString();
    byId("now").textContent = clockText(iso);
    byId("now").setAttribute("datetime", iso);
    byId("date").textContent = dateText(iso);
  }

  #move(move) {
    return this.page.act(async () => {
      this.#take(await this.page.api.post("/clock", move));
      say(`The time is ${byId("now").textContent}.`);
    });
  }

  #toNextChange() {
    const at = this.page.jobs.nextChange(this.now);
    if (at === null) say("No job that is shown has a change before it.");
    else this.#move({ set: at });
  }
}
