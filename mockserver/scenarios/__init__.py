"""Scenarios: named starting worlds and scripted futures, from files that anybody may bring."""
