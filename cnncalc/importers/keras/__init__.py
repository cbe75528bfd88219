"""Keras models from their configuration, without Keras: `.json` files and the `config.json` of `.keras` archives."""
