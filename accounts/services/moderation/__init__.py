"""What staff judge: reports, cases, sanctions, and the way back."""
