"""Independent servers, one a vendor, that use every freedom the vendors' documents leave."""
