;;; eglot.el --- rnn-lsp in a real Emacs, by eglot and company -*- lexical-binding: t; -*-
;; Run by tests/emacs/run.  What the model offers here is sure enough for any English model that is worth shipping.
(require 'cl-lib)

(defvar failed 0)

(defun check (what ok &optional saw)
  "Say whether OK holds of WHAT, with what it SAW."
  (message "%s %s%s" (if ok "ok  " "FAIL") what (if saw (format "  saw %S" saw) ""))
  (unless ok (cl-incf failed)))

(defun same (what saw expected)
  "Say whether SAW is what was EXPECTED of WHAT."
  (check what (equal saw expected) saw))

(defun plain (words)
  (mapcar #'substring-no-properties words))

(defun at-point ()
  "What completion at point offers: where it begins, the words, and what is done after one was taken."
  (let* ((data (cdr (run-hook-wrapped 'completion-at-point-functions #'completion--capf-wrapper 'all)))
         (begin (nth 0 data)))
    (list begin
          (and data (plain (all-completions (buffer-substring begin (nth 1 data)) (nth 2 data))))
          (plist-get (nthcdr 3 data) :exit-function)
          (nth 1 data)
          (and data (all-completions (buffer-substring begin (nth 1 data)) (nth 2 data))))))

(defun offered ()
  (nth 1 (at-point)))

(defun take (word)
  "Take WORD as the completion UI does."
  (pcase-let ((`(,begin ,_ ,exit ,end ,words) (at-point)))
    (let ((candidate (cl-find word words :test #'string=)))
      (delete-region begin end)
      (insert candidate)
      (when exit (funcall exit candidate 'finished)))))

(defun by-company ()
  "What company shows."
  (let ((prefix (company-capf 'prefix)))
    (plain (company-capf 'candidates (if (consp prefix) (car prefix) prefix)))))

(defun wait-for (what condition)
  (with-timeout (20 (check what nil))
    (while (not (funcall condition)) (accept-process-output nil 0.05))
    t))

(load (getenv "RNN_LSP_USER") nil t)
(check "the manual's configuration names the program"
       (string-match-p "rnn-lsp" (prin1-to-string eglot-server-programs)))

(let ((path (make-temp-file "writing" nil ".txt")))
  (find-file path)
  (text-mode)
  (unless (eglot-current-server) (apply #'eglot--connect (append (eglot--guess-contact) nil)))
  (wait-for "connected" #'eglot-current-server)
  (buffer-enable-undo)

  (insert "The president of the United Sta")
  (check "words as the word grows" (member "States" (offered)) (offered))
  (undo-boundary)
  (take "States")
  (same "the word is accepted" (buffer-string) "The president of the United States")
  (undo-boundary)
  (undo)
  (same "undo takes it back" (buffer-string) "The president of the United Sta")
  (insert "tes. He lives in the United ")
  (check "words after a space" (member "States" (offered)) (offered))
  (check "company shows them, too" (member "States" (by-company)) (by-company))

  (erase-buffer)
  (insert "Das Café über 🦀🇪🇺 naïve 日本語 — One of the United Sta")
  (take "States")
  (same "words after accents, emoji and CJK" (buffer-string) "Das Café über 🦀🇪🇺 naïve 日本語 — One of the United States")

  (erase-buffer)
  (insert "The president of the United Sta")
  (eglot-execute-command (eglot-current-server) 'rnn-lsp.pause nil)
  (same "paused: nothing is offered" (offered) nil)
  (eglot-execute-command (eglot-current-server) 'rnn-lsp.resume nil)
  (check "resumed" (member "States" (offered)))

  (let ((server (eglot-current-server)))
    (signal-process (jsonrpc--process server) 'kill)
    (wait-for "the server's end is noticed" (lambda () (not (jsonrpc-running-p server))))
    (apply #'eglot--connect (append (eglot--guess-contact) nil))
    (wait-for "connected again" #'eglot-current-server)
    (check "a server that died comes back" (member "States" (offered))))

  (let* ((server (eglot-current-server)) (process (jsonrpc--process server)))
    (set-buffer-modified-p nil)
    (eglot-shutdown server)
    (check "it ends when it is asked to" (not (process-live-p process))))
  (delete-file path))

(message "%s" (if (zerop failed) "all held" (format "%d failed" failed)))
(kill-emacs (if (zerop failed) 0 1))
