"""What somebody should look at: one alert for each cause and subject, which goes by itself when its cause goes."""
