"""Orders: from the first item of a draft to the delivered parcel."""
