"""How two implementations differ: compared by behaviour, named by requirement."""
