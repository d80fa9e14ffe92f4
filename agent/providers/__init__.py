"""The makers of models, one module each: their libraries take seconds to import, so only those in use are."""
