"""Clock, errors, codes and text: the words every room shares, which know nothing of any room."""
