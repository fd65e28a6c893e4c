"""Segments and who belongs to them."""

from segments.models.keeping import Footing, KeptSet, SegmentVersion, UntoldChange
from segments.models.segments import (
    SET,
    Cause,
    Flip,
    Leaf,
    Membership,
    MembershipChange,
    MembershipMerge,
    Segment,
)

__all__ = [
    "SET",
    "Cause",
    "Flip",
    "Footing",
    "KeptSet",
    "Leaf",
    "Membership",
    "MembershipChange",
    "MembershipMerge",
    "Segment",
    "SegmentVersion",
    "UntoldChange",
]
