"""Raw data to arrays, in training and afterwards: what a service needs too, without torch."""
