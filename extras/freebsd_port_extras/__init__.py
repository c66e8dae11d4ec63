"""What services of OpenStack load by name, without a patch."""
