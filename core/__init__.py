"""The ground floor: named mechanisms that know no shop, no model and no HTTP."""
