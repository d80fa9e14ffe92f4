"""Infobip and the customers' phones, for people without an account; mounted only where `settings.sandbox_enabled`."""

import importlib

from fastapi import APIRouter

from core.settings import Settings


def router(settings: Settings) -> APIRouter:
    """Everything of the sandbox. Its modules are loaded here and nowhere else, so that where it is off nothing is."""
    if not settings.sandbox_enabled:
        raise RuntimeError("the sandbox speaks for customers without a password and is off in this installation")
    found: APIRouter = importlib.import_module("sandbox.infobip.doors").build(settings)
    return found
