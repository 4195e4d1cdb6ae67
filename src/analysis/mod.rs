//! Every number is born here.
