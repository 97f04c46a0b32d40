"""The one door to SQL: ledger, lake and the queries over them."""
