"""Words only: the templates of what models are told, and the catalogue of what people read."""
