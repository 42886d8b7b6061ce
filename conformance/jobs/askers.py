"""Who asks, as exchanges and reports name it: the drivers of this folder that know their jobs."""

from typing import Final

LIFECYCLE: Final = "lifecycle"
PROBE: Final = "probe"
DOWNLOAD: Final = "download"
HOSTILE: Final = "hostile"
