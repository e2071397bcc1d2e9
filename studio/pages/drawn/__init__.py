"""What pages draw of rows: the measures of each dataset, counted and made into plots."""
