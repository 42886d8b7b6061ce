// What the served lifecycles say of a state. No state is named here: all follows from edges, plan and file.

export class Lifecycles {
  constructor(rows = []) {
    this.byVendor = new Map(rows.map((row) => [row.vendor, new Lifecycle(row)]));
  }

  of(vendor) {
    return this.byVendor.get(vendor);
  }
}

class Lifecycle {
  constructor(row) {
    this.row = row;
    this.states = row.states;
    this.byName = new Map(row.states.map((state) => [state.name, state]));
    this.tones = new Map(row.states.map((state) => [state.name, tone(row, state)]));
  }

  tone(name) {
    return this.tones.get(name) ?? "working";
  }

  // The states that can follow, in the order of the file.
  reachable(name) {
    const found = new Set();
    const ways = [name];
    while (ways.length) {
      const here = ways.pop();
      for (const edge of this.row.edges) {
        if (edge.from !== here || found.has(edge.to)) continue;
        found.add(edge.to);
        ways.push(edge.to);
      }
    }
    return this.states.filter((state) => found.has(state.name));
  }
}

// The look of a state: waiting, working, ready, partial, failed or gone.
function tone(row, state) {
  const leaves = row.edges.filter((edge) => edge.from === state.name && edge.by === "time");
  const planned = row.plan.some((step) => step.state === state.name);
  if (state.file) return planned ? "ready" : "partial";
  if (leaves.length) return state.name === row.initial && !endsAtOnce(row, leaves) ? "waiting" : "working";
  const comes = row.edges.some((edge) => edge.to === state.name && edge.by === "time");
  return comes ? "failed" : "gone";
}

function endsAtOnce(row, leaves) {
  return leaves.every((edge) => row.states.find((state) => state.name === edge.to).final);
}
