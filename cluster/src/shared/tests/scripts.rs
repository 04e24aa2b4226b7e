//! What the scripts do beyond what one node needs: fences, time, recovery.
