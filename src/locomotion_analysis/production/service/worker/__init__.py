"""What happens in a worker process: reading requests, predicting, writing answers."""
