"""What people see: log, annotations, job summary and outputs. The only place that renders text from outside."""
