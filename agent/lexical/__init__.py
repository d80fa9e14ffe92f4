"""The offline model: understands orders by grammar and catalogue look-up, without any network."""
