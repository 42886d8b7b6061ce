// The sandbox's virtual time: shown as it goes, held, let go, and moved.

import { byId, offer, say } from "./dom.js";
import { clockText, dateText } from "./moments.js";

const MOST_SHOWN_SPEED = 3600;
const SPEEDS = [1, 10, 60, 3600];
const HELD = "manual";

export class Clock {
  constructor(page) {
    this.page = page;
    this.now = 0;
    for (const button of document.querySelectorAll("[data-advance]")) {
      button.addEventListener("click", () => this.#move({ advance: button.dataset.advance }));
    }
    byId("pace").addEventListener("change", (event) => this.#move(paceOf(event.target.value)));
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
    this.#showPace();
    this.#show();
  }

  #showPace() {
    const speeds = SPEEDS.includes(this.speed) ? SPEEDS : [...SPEEDS, this.speed];
    offer(byId("pace"), [[HELD, "Time stands"], ...speeds.map((speed) => [String(speed), speed === 1 ? "Real time" : `${speed} × real`])]);
    byId("pace").value = this.mode === HELD ? HELD : String(this.speed);
  }

  #show() {
    if (!this.taken) return;
    const passed = this.mode === HELD || this.speed > MOST_SHOWN_SPEED ? 0 : (performance.now() - this.taken) * this.speed;
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

const paceOf = (chosen) => (chosen === HELD ? { mode: HELD } : { mode: "real", speed: Number(chosen) });
