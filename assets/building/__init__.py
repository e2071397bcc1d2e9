"""What an asset is: its recipe, its inputs, and how a dataset or model is made once."""
