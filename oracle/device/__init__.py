"""What runs inside a machine: meter, permit check, stop reasons, and machines simulated for demonstrations."""
