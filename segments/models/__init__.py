"""Segments and who belongs to them."""

from segments.models.keeping import KeptSet, SegmentVersion, UntoldChange
from segments.models.segments import (
    Cause,
    Flip,
    Leaf,
    Membership,
    MembershipChange,
    MembershipMerge,
    Segment,
)

__all__ = [
    "Cause",
    "Flip",
    "KeptSet",
    "Leaf",
    "Membership",
    "MembershipChange",
    "MembershipMerge",
    "Segment",
    "SegmentVersion",
    "UntoldChange",
]
