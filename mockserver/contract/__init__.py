"""The contract compiled: each operation is a plan that reads requests and checks replies."""

from mockserver.contract.plan import Plan, compile_plans

__all__ = ["Plan", "compile_plans"]
