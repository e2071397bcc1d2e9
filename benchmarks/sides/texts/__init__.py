"""What becomes of texts on their way through templates, tokenizers and files."""
