"""Write patches, as with quilt."""
