;;; init.el --- where eglot and company are -*- lexical-binding: t; -*-
;; Debian's packages are not on the load path of a batch Emacs; a newer Emacs has eglot itself.
(dolist (folder (file-expand-wildcards "/usr/share/emacs/site-lisp/elpa/*"))
  (add-to-list 'load-path folder))
(require 'eglot)
(require 'company)
(require 'company-capf)
(setq make-backup-files nil
      auto-save-default nil
      create-lockfiles nil
      eglot-connect-timeout 20
      eglot-sync-connect 20)
