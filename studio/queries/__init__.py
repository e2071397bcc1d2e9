"""What the pages ask of stored rows: filters, pages of rows, searches, judgements."""
